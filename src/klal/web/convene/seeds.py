"""Statements to begin with: typed, pasted or from a table; seen, mended and removed. A step of the wizard, and a page of its own later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse

from klal.domain.language import Language, available
from klal.domain.records import Phase
from klal.domain.roles import Right
from klal.domain.rules import STATEMENT_LENGTH
from klal.domain.small_table import Flaw, Table, decode, read_table
from klal.domain.wording import as_statement
from klal.services.seeding import (
    MOST_BYTES,
    NAMES,
    TEXT,
    Added,
    Problem,
    SeedRow,
    add_seeds,
    drop_kept,
    file_problem,
    remove_seed,
    rows_of,
    rows_to_mend,
    seeds_of,
)
from klal.web.advising import advice_in_words
from klal.web.convene.create import of_draft, steps_at
from klal.web.convene.desk import Desk, at_desk, signed_in
from klal.web.convene.wording_form import language_name
from klal.web.reader import reader_language
from klal.web.rendering import private
from klal.web.visit import read_number

SHOWN_TO_MEND = 10
"""Rows in one form: it has to fit into what a page takes."""

_MOST_ADVISED = 40
_TEXT_COLUMNS = frozenset({TEXT, *available()})


@at_desk(Right.MANAGE, "GET", "POST")
@of_draft
def step(desk: Desk) -> HttpResponse:
    """Ask what a draft begins with."""
    return _page(desk, "create/statements/", next_page="create/rules/")


@at_desk(Right.MANAGE, "GET", "POST")
def page(desk: Desk) -> HttpResponse:
    """Show the seed statements of a conversation, and take further ones."""
    if desk.conversation.phase == Phase.DRAFT.value:
        return desk.go("create/statements/")
    return _page(desk, "seeds/", next_page="")


@signed_in("POST")
def advise(request: HttpRequest) -> HttpResponse:
    """Return advice on statements that are being typed, one a line, as JSON; nothing is stored."""
    language = reader_language(request)
    lines = [as_statement(line) for line in request.POST.get("lines", "").splitlines()]
    told = [{"text": line, "advice": advice_in_words(line, language)} for line in lines if line]
    response = JsonResponse({"lines": [one for one in told if one["advice"]][:_MOST_ADVISED]})
    private(response)
    return response


def file_table(upload: UploadedFile[bytes], names: Mapping[str, str], keys: frozenset[str]) -> Table:
    """Return an uploaded file as a table.

    Parameters
    ----------
    upload : UploadedFile
        Not larger than ``MOST_BYTES``.
    names : mapping of str to str
        Columns by the names they may have.
    keys : frozenset of str
        Columns of which it must have one.
    """
    text = decode(upload.read())
    if text is None:
        return Table(flaw=Flaw.ENCODING)
    is_table = str(upload.name).lower().endswith((".csv", ".tsv"))
    return read_table(text, names, needs_columns=is_table, keys=keys)


def _page(desk: Desk, here: str, *, next_page: str) -> HttpResponse:
    if desk.request.method != "POST":
        return _show(desk, here, next_page)
    form = desk.request.POST
    removed = read_number(form.get("remove"))
    if removed is not None:
        remove_seed(desk.conversation, desk.account, removed)
        return desk.go(f"{here}?removed=1#seeds")
    if form.get("drop"):
        drop_kept(desk.conversation, [form["drop"]])
        return desk.go(f"{here}#mend")
    if form.get("what") == "mend":
        return _mend(desk, here)
    return _add(desk, here, next_page)


def _add(desk: Desk, here: str, next_page: str) -> HttpResponse:
    """Take what was typed and what was uploaded; what cannot be looked at stays in the form, with the reason."""
    form, upload = desk.request.POST, desk.request.FILES.get("file")
    typed = form.get("lines", "")
    tables = [read_table(typed, NAMES, keys=_TEXT_COLUMNS)]
    if upload is not None:
        if (upload.size or 0) > MOST_BYTES:
            return _show(desk, here, next_page, typed=typed, file_wrong=desk.language.text("convene.seeds.file_too_large"))
        tables.append(file_table(upload, NAMES, _TEXT_COLUMNS))
    problem = next(filter(None, map(file_problem, tables)), None)
    added = (
        Added(problem=problem) if problem else add_seeds(desk.conversation, desk.account, [row for one in tables for row in rows_of(one)])
    )
    if added.problem is not None:
        wrong, in_file = _sentence(added.problem, desk.language), len(tables) > 1
        return _show(desk, here, next_page, typed=typed, file_wrong=wrong if in_file else "", lines_wrong="" if in_file else wrong)
    unused = ", ".join(name for one in tables for name in one.unused)[:200]
    if unused:
        return _show(desk, here, next_page, status=200, taken=added.taken, unused=unused)
    stays = added.to_mend or not next_page or form.get("what") == "add"
    return desk.go(f"{here}?taken={added.taken}#{'mend' if added.to_mend else 'seeds'}" if stays else next_page)


def _mend(desk: Desk, here: str) -> HttpResponse:
    """Take mended rows; those that are still wrong are kept as they are now."""
    form, rows, keys = desk.request.POST, [], []
    for key in form.getlist("key")[:SHOWN_TO_MEND]:
        translations = {code: as_statement(form.get(f"{code}_{key}", "")) for code in available()}
        language = form.get(f"language_{key}", "")
        kept = {code: text for code, text in translations.items() if text and code != language}
        rows.append(SeedRow(as_statement(form.get(f"text_{key}", "")), language, kept))
        keys.append(key)
    known = {row.key: row for row, _ in rows_to_mend(desk.conversation)}
    pairs = [(row, key) for row, key in zip(rows, keys, strict=True) if key in known]  # sent twice, they are stored already
    added = add_seeds(desk.conversation, desk.account, [row for row, _ in pairs], mended=[key for _, key in pairs])
    if added.problem is not None:
        return _show(desk, here, "", lines_wrong=_sentence(added.problem, desk.language))
    return desk.go(f"{here}?taken={added.taken}#{'mend' if added.to_mend else 'seeds'}")


def _show(desk: Desk, here: str, next_page: str, *, status: int | None = None, **more: Any) -> HttpResponse:
    wrong = more.get("lines_wrong") or more.get("file_wrong")
    mend, found = rows_to_mend(desk.conversation), seeds_of(desk.conversation)
    is_step = here.startswith("create/")
    taken = read_number(desk.request.GET.get("taken"))
    values = {
        "here": f"{desk.address}{here}",
        "is_step": is_step,
        "seeds": [_seed(one, desk.language) for one in found],
        "seed_count": len(found),
        "mend": [_row_to_mend(row, problem, desk.language) for row, problem in mend[:SHOWN_TO_MEND]],
        "mend_count": len(mend),
        "mend_more": max(0, len(mend) - SHOWN_TO_MEND),
        "languages_known": [{"code": code, "name": language_name(desk.language, code)} for code in available()],
        "taken": taken,
        "removed": "removed" in desk.request.GET,
        "limit": STATEMENT_LENGTH,
        "page": "share",
        **(steps_at("statements", desk.address) if is_step else {}),
        **more,
    }
    return desk.show("create_statements.html" if is_step else "seeds.html", status=status or (422 if wrong else 200), **values)


def _seed(one: Any, language: Language) -> dict[str, Any]:
    others = [{"name": language_name(language, code), "code": code, "text": text} for code, text in one.translations.items()]
    return {"one": one, "advice": advice_in_words(one.text, language, one.language), "others": others}


def _row_to_mend(row: SeedRow, problem: Problem, language: Language) -> dict[str, Any]:
    others = [{"code": code, "name": language_name(language, code), "text": text} for code, text in row.translations.items()]
    return {"row": row, "sentence": _sentence(problem, language), "others": others}


def _sentence(problem: Problem, language: Language) -> str:
    return language.text(f"convene.seeds.problem.{problem.kind}", **problem.facts)
