"""Hold modules and functions to the size budgets of the style guide; the exceptions stand here, each with its reason."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

MODULE_LINES = 500
FUNCTION_LINES = 50

EXCEPTIONS: dict[str, str] = {}
"""``module:function`` to the reason why it may be longer."""


def main() -> int:
    """Print every module and function over its budget; return 1 if there is one."""
    faults = [fault for path in sorted(Path("src/klal").rglob("*.py")) for fault in _faults(path)]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return int(bool(faults))


def _faults(path: Path) -> list[str]:
    source = path.read_text(encoding="utf-8")
    lines = source.count("\n")
    faults = [f"{path}: {lines} lines, at most {MODULE_LINES}"] if lines > MODULE_LINES else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and f"{path}:{node.name}" not in EXCEPTIONS:
            length = _length(node)
            if length > FUNCTION_LINES:
                faults.append(f"{path}:{node.lineno} {node.name}: {length} lines, at most {FUNCTION_LINES}")
    return faults


def _length(node: ast.FunctionDef) -> int:
    """Count the lines of a function without its signature and docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


if __name__ == "__main__":
    sys.exit(main())
