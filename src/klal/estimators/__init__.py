"""The core's methods in scikit-learn's conventions, for notebooks: ``fit(votes)``, then attributes that end in ``_``.

All take votes of shape (participants, statements): an array of +1 agree, 0 pass, −1 disagree with NaN where there is no vote, a sparse
matrix whose *stored* entries are the votes (so a stored 0 is a pass), or a ``VoteMatrix``.
"""

from klal.estimators.bridging import Bridging
from klal.estimators.common_ground import CommonGround
from klal.estimators.grouping import Grouping
from klal.estimators.opinion_map import OpinionMap

__all__ = ["Bridging", "CommonGround", "Grouping", "OpinionMap"]
