"""Write ``findings.json`` anew, after a change of results that is meant: python -m tests.golden.write_findings"""

import json

from tests.conftest import CONVERSATIONS, shared_folder
from tests.golden.test_public_conversations import FINDINGS, findings

if __name__ == "__main__":
    found = {name: findings(shared_folder() / "data" / "polis" / name) for name in CONVERSATIONS}
    FINDINGS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
