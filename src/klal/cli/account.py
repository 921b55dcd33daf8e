"""``klal account``: the accounts of convenors, from the terminal."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from klal.cli.errors import reader_language
from klal.cli.options import json_option
from klal.errors import BadOptionError, PasswordsDifferError, WeakPasswordError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_TRIES = 3
_HERE = "http://127.0.0.1:8000"


@click.group("account")
def command() -> None:
    """Make and keep accounts for those who convene conversations.

    Taking part needs none. A password is asked for on the terminal, twice, and never taken from the command line, where other programs
    could read it.
    """


@command.command("add")
@click.argument("name")
@click.option("--email", default="", help="Mail address, to be sent links and news by.")
@click.option("--host-rights", is_flag=True, help="The host's own account: owns every conversation and reads the whole log.")
@click.option("--link", "by_link", is_flag=True, help="Ask for no password: print a link that signs in once, within a day.")
def add(name: str, email: str, *, host_rights: bool, by_link: bool) -> None:
    """Make an account called NAME."""
    _open()
    from django.contrib.auth.models import User

    from klal.services.accounts.creating import check_address, check_free, check_name, create_account

    name, email = check_name(name), check_address(email) if email else ""
    check_free(name, email)
    password = None if by_link else _ask(User(username=name, email=email))
    account = create_account(name, email, password, is_host=host_rights)
    click.echo(reader_language().text("hosting.account.made", name=account.get_username()))
    if by_link:
        _print_link(account)


@command.command("list")
@json_option()
def show(*, as_json: bool) -> None:
    """List the accounts there are."""
    _open()
    from django.contrib.auth.models import User

    found = User.objects.order_by("username").prefetch_related("memberships")
    rows = [
        {
            "name": one.get_username(),
            "email": one.email,
            "host": one.is_superuser,
            "active": one.is_active,
            "conversations": len(one.memberships.all()),
            "last_sign_in": one.last_login.isoformat(timespec="seconds") if one.last_login else None,
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    language = reader_language()
    for row in rows:
        marks = [language.text("hosting.account.host")] if row["host"] else []
        marks += [] if row["active"] else [language.text("hosting.account.shut")]
        click.echo("  ".join(str(one) for one in (row["name"], row["email"] or "-", *marks)))
    if not rows:
        click.echo(language.text("hosting.account.none"))


@command.command("password")
@click.argument("name")
def password(name: str) -> None:
    """Give the account NAME another password; all its browsers are signed out."""
    _open()
    from klal.services.accounts.creating import find_account, set_password

    account = find_account(name)
    typed = _ask(account)
    set_password(account, typed, typed, None)
    click.echo(reader_language().text("hosting.account.password_set", name=account.get_username()))


@command.command("link")
@click.argument("name")
def link(name: str) -> None:
    """Print a link that signs in to the account NAME once, within a day."""
    _open()
    from klal.services.accounts.creating import find_account

    _print_link(find_account(name))


@command.command("unlock")
@click.argument("name")
def unlock(name: str) -> None:
    """Turn the second step of NAME off, for somebody who lost phone and codes."""
    _open()
    from klal.services.accounts.creating import find_account
    from klal.services.accounts.second_step import turn_off

    account = find_account(name)
    turn_off(account, None)
    click.echo(reader_language().text("hosting.account.unlocked", name=account.get_username()))


@command.command("deactivate")
@click.argument("name")
def deactivate(name: str) -> None:
    """Shut the account NAME: nobody can sign in with it; what it did stays."""
    _open()
    from klal.services.accounts.creating import deactivate as shut
    from klal.services.accounts.creating import find_account

    account = find_account(name)
    shut(account)
    click.echo(reader_language().text("hosting.account.deactivated", name=account.get_username()))


def _open() -> None:
    from klal.store.opening import open_store

    open_store(migrate=True)


def _print_link(account: User) -> None:
    from klal.domain.language import Phrase
    from klal.services.accounts.links import make_sign_in_link
    from klal.services.auditing import note_act
    from klal.store.opening import configuration

    address = f"{configuration().url or _HERE}/convene/sign-in/link/?token={make_sign_in_link(account)}"
    note_act("link_printed", None, subject=f"account:{account.pk}", name=account.get_username())
    click.echo(reader_language().text("hosting.account.link", link=Phrase(address)))
    if not configuration().url:
        click.echo(reader_language().text("hosting.account.elsewhere", here=Phrase(_HERE)))


def _ask(account: User) -> str:
    """Ask for a new password until two are alike and good, three times at most."""
    from klal.services.accounts.passwords import check_new

    language = reader_language()
    if not sys.stdin.isatty():
        raise BadOptionError(option="klal account", found="no terminal to ask for a password on", needed="a terminal, or --link")
    for left in reversed(range(_TRIES)):
        first = click.prompt(language.text("hosting.account.ask"), hide_input=True)
        again = click.prompt(language.text("hosting.account.ask_again"), hide_input=True)
        try:
            return check_new(first, again, account)
        except (PasswordsDifferError, WeakPasswordError) as error:
            if not left:
                raise
            click.echo(language.error(error), err=True)
    raise AssertionError  # the loop returns or raises
