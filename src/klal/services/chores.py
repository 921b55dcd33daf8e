"""What has to be done from time to time without anybody asking: each chore is one function, safe to run in several processes at once."""

from __future__ import annotations

from collections.abc import Callable

from klal.services.accounts.sessions import forget_expired
from klal.services.alerting import raise_alerts
from klal.services.deleting import delete_due
from klal.services.mail_delivery import deliver_due
from klal.services.moderation.proposing import lapse_proposals
from klal.services.news import post_letters
from klal.services.publishing import show_all_closed

CHORES: tuple[Callable[[], None], ...] = (forget_expired, raise_alerts, delete_due, post_letters, lapse_proposals, show_all_closed)
"""Run in this order every few seconds by `klal.worker.chores`; none imports NumPy."""
PATIENT: tuple[Callable[[], None], ...] = (deliver_due,)
"""Those that wait for other machines: each in a thread of its own, so that a slow mail server holds up nothing else."""
