"""What tests of accounts share."""

from __future__ import annotations

import re
import time
from typing import Any

from django_otp.oath import TOTP

PASSWORD = "seven quiet benches"
LINK = re.compile(r"https?://\S+")


def make_account(name: str = "dana", password: str | None = PASSWORD, **fields: Any) -> Any:
    from klal.services.accounts.creating import create_account

    return create_account(name, fields.pop("email", f"{name}@example.org"), password, **fields)


def sign_in(client: Any, name: str = "dana", password: str = PASSWORD, **fields: Any) -> Any:
    return client.post("/convene/sign-in/", {"name": name, "password": password, **fields})


def code_of(account: Any, steps: int = 0) -> str:
    """Return what the app on the phone of an account shows, so many half minutes from now."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    device = TOTPDevice.objects.get(user=account)
    app = TOTP(device.bin_key, device.step, device.t0, device.digits)
    app.time = time.time() + steps * device.step
    return f"{app.token():06d}"


def turn_second_step_on(account: Any) -> list[str]:
    from klal.services.accounts import second_step

    second_step.begin(account)
    codes = second_step.confirm(account, code_of(account))
    let_wait_pass()
    return codes


def let_wait_pass() -> None:
    """Let the same half minute's code be taken again, as if time had passed."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0, throttling_failure_timestamp=None)


def last_link() -> str:
    """Return the path that the newest mail leads to."""
    from klal.store.models import Mail

    return path_in(Mail.objects.order_by("-pk")[0].text)


def path_in(text: str) -> str:
    return "/" + LINK.search(text).group().split("/", 3)[3]


def make_old(client: Any) -> None:
    """Let two hours pass since a browser signed in."""
    session = client.session
    session["entered"] = session["entered"] - 7_200
    session.save()
