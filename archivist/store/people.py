"""What a person says of a content or a project: values that are locks, and labels; each edit can be taken back.

Only a person's command writes or removes such rows: no hearing, no move and no new model does.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from peewee import chunked, fn

from archivist.agreement import Value
from archivist.store import declared, many, resolving, verdicts, words
from archivist.tables import Content, Edit, Embedding, File, Label, LabelUse, Tag, Verdict
from archivist.text import clean
from taggers.vectors import PRINT

LABEL = "label:"
"""Of an edit, before the name of a label."""
_ROWS = 500
_UNSAID: Mapping[int, int] = {}


def set_values(
    owner: str,
    values: Mapping[int, Mapping[str, Value | None]],
    batch: int | None = None,
    places: Mapping[int, int] = _UNSAID,
) -> int:
    """Write a person's values to contents or projects (`owner`) by their ids, each a lock; the edit's number.

    None takes the person's value away again, "" says that there is none. `batch` joins several calls
    into one edit, so that one `undo` takes all back. places: content → the file of it that was meant.
    """
    batch = batch or next_edit()
    now = time.time()
    for ids in chunked(values, _ROWS):
        before = _user_rows(owner, ids)
        after = {
            (id_, field): None if value is None else _as_row(value)
            for id_ in ids
            for field, value in values[id_].items()
        }
        changed = {place: row for place, row in after.items() if row != before.get(place)}
        _write_user_rows(owner, changed, now)
        edits = [
            {
                "batch": batch,
                owner: id_,
                "field": field,
                "before": before.get((id_, field)),
                "after": row,
                "at": now,
                "file_id": places.get(id_),
            }
            for (id_, field), row in changed.items()
        ]
        many.insert(Edit, edits)
    _refresh(owner, values)
    return batch


def next_edit() -> int:
    return int(Edit.select(Edit.batch).order_by(Edit.batch.desc()).limit(1).scalar() or 0) + 1


def undo() -> list[Edit]:
    """Take the newest edit back, whole; what it was made of. A second call takes back the one before."""
    newest = Edit.select(Edit.batch).order_by(Edit.batch.desc()).limit(1).scalar()
    edits = list(Edit.select().where(Edit.batch == newest).order_by(Edit.id.desc())) if newest else []
    touched: dict[str, dict[int, None]] = {"content": {}, "project": {}}
    labelled: dict[str, dict[int, None]] = {"content": {}, "project": {}}
    for edit in edits:
        owner = "content" if edit.content_id is not None else "project"
        owner_id = edit.content_id if edit.content_id is not None else edit.project_id
        if edit.field.startswith(LABEL):
            _write_label(owner, owner_id, edit.field.removeprefix(LABEL), edit.before is not None)
            labelled[owner][owner_id] = None
        elif (other := verdicts.other(edit.field)) is not None:
            verdicts.write(owner_id, other, edit.before["text"] if edit.before else None)
        else:
            _write_user_rows(owner, {(owner_id, edit.field): edit.before}, edit.at)
            touched[owner][owner_id] = None
    for owner in touched:
        _index_words(owner, labelled[owner])
        _refresh(owner, touched[owner])
    if edits:
        Edit.delete().where(Edit.batch == newest).execute()
    return edits


def set_labels(
    owner: str,
    ids: Sequence[int],
    add: Iterable[str],
    remove: Iterable[str],
    batch: int | None = None,
    places: Mapping[int, int] = _UNSAID,
) -> int:
    """Put free labels on contents or projects, or take them off; the edit's number. places: as of `set_values`."""
    batch, now = batch or next_edit(), time.time()
    wanted = [(name, True) for name in add] + [(name, False) for name in remove]
    for owner_id in ids:
        for name, present in wanted:
            if _write_label(owner, owner_id, name, present):
                before: dict[str, str] | None = None if present else {}
                after: dict[str, str] | None = {} if present else None
                Edit.create(
                    batch=batch,
                    **{owner: owner_id},
                    field=f"{LABEL}{name}",
                    before=before,
                    after=after,
                    at=now,
                    file_id=places.get(owner_id),
                )
    _index_words(owner, ids)
    return batch


def follow(contents: Iterable[int], *, left: Any = None) -> None:
    """What a person said of a sound whose bytes lie nowhere any more comes to these new contents where they are
    the same sound: its file was given other tags, and may have moved too. The edits come as well, so that `undo`
    takes them back. left: a condition on files, where one of the sound's is to have been."""
    gone = set().union(*(_nowhere(content, left) for content in (Edit.content, Verdict.left, Verdict.right)))
    if not gone:
        return
    heirs = {sound: content for content, sound in _sounds(contents)}
    pairs = [(old, heirs[sound]) for old, sound in _sounds(gone) if heirs.get(sound, old) != old]
    for old, new in pairs:
        fields = [row[0] for row in Tag.select(Tag.field).where(Tag.content == new, Tag.source == "user").tuples()]
        mine = (Tag.content == old, Tag.source == "user", Tag.field.not_in(fields))
        Tag.update(content=new).where(*mine).execute()
        labels = [row[0] for row in LabelUse.select(LabelUse.label).where(LabelUse.content == new).tuples()]
        LabelUse.update(content=new).where(LabelUse.content == old, LabelUse.label.not_in(labels)).execute()
        Edit.update(content=new).where(Edit.content == old, ~Edit.field.startswith(verdicts.FIELD)).execute()
        verdicts.follow(old, new)
    if pairs:
        _index_words("content", [new for _old, new in pairs])
        _refresh("content", [content for pair in pairs for content in pair])


def _nowhere(content: Any, left: Any) -> set[int]:
    """Of the contents in this column those whose bytes lie nowhere any more; see `follow` for `left`."""
    place = File.select(File.id).where(File.content == content)
    gone = content.is_null(False) & ~fn.EXISTS(place.where(File.missing_since.is_null()))
    if left is not None:
        gone &= fn.EXISTS(place.where(left))
    return {row[0] for row in content.model.select(content).where(gone).distinct().tuples()}


def _sounds(contents: Iterable[int]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """(content, what tells its sound from any other) of those that were heard."""
    facts = (Content.id, Content.duration, Content.sample_rate, Content.channels, Embedding.vector)
    prints = Content.select(*facts).join(Embedding).where(Embedding.model == PRINT)
    for batch in chunked(contents, _ROWS):
        for id_, *of_file, vector in prints.where(Content.id << batch).tuples():
            yield id_, (*of_file, bytes(vector))


def _index_words(owner: str, ids: Iterable[int]) -> None:
    if owner == "content":
        words.index_contents(ids)
    else:
        words.index_projects(ids)


def _write_label(owner: str, owner_id: int, name: str, present: bool) -> bool:
    """Whether this changed anything."""
    column = getattr(LabelUse, owner)
    if present:
        Label.insert(name=name).on_conflict_ignore().execute()
    label = Label.get_or_none(Label.name == name)
    if label is None:
        return False
    use = LabelUse.get_or_none(LabelUse.label == label, column == owner_id)
    if present == (use is not None):
        return False
    if use is not None:
        use.delete_instance()
    else:
        LabelUse.create(label=label, **{owner: owner_id})
    return True


_Place = tuple[int, str]
"""A content or project, and a field of it."""
_Row = dict[str, Any]
"""{"text", "number"}"""


def _as_row(value: Value) -> _Row:
    return {"text": "", "number": value} if isinstance(value, float) else {"text": clean(value), "number": None}


def _user_rows(owner: str, ids: Sequence[int]) -> dict[_Place, _Row | None]:
    column = getattr(Tag, owner)
    rows = Tag.select(column, Tag.field, Tag.text, Tag.number).where(column << ids, Tag.source == "user")
    return {(id_, field): {"text": text, "number": number} for id_, field, text, number in rows.tuples()}


def _write_user_rows(owner: str, rows: Mapping[_Place, _Row | None], now: float) -> None:
    """None takes the person's row away."""
    column = getattr(Tag, owner)
    for field in {field for _id, field in rows}:
        ids = [id_ for id_, of in rows if of == field]
        for batch in chunked(ids, _ROWS):
            Tag.delete().where(column << batch, Tag.field == field, Tag.source == "user").execute()
    common = {"source": "user", "tagger": "user", "set_at": now}
    many.insert(
        Tag,
        [{owner: id_, "field": field, **common, **row} for (id_, field), row in rows.items() if row is not None],
    )


def _refresh(owner: str, ids: Iterable[int]) -> None:
    ids = list(ids)
    if owner == "content":
        declared.refresh(ids)
    else:
        resolving.resolve_projects(ids)
        declared.spread(ids)
