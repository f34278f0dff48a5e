"""The archive's tables and indexes; no behaviour. `store` alone writes to them.

`content` is bytes wherever they lie; `file` is a place; tags belong to content, so copies, moves and
drives that are away cost no new analysis. Paths are relative to their volume. Times are UTC seconds since
1970 (float), `mtime_ns` nanoseconds as the file system says.
"""

from __future__ import annotations

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    Check,
    CompositeKey,
    DatabaseProxy,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    TextField,
)

from archivist.database import PathField

database = DatabaseProxy()


class Table(Model):
    class Meta:
        database = database
        legacy_table_names = False


class Volume(Table):
    id = AutoField()
    key = TextField(unique=True)
    label = TextField(default="")
    last_path = PathField()  # where it was mounted last
    last_seen_at = DoubleField()


class Root(Table):
    id = AutoField()
    volume = ForeignKeyField(Volume, on_delete="CASCADE")
    rel_path = PathField()
    kind = TextField(default="mixed")  # projects, samples, mixed
    enabled = BooleanField(default=True)

    class Meta:
        indexes = ((("volume", "rel_path"), True),)


class Scan(Table):
    id = AutoField()
    root = ForeignKeyField(Root, on_delete="CASCADE")
    started_at = DoubleField()
    heartbeat_at = DoubleField()
    finished_at = DoubleField(null=True)
    status = TextField()  # running, done, interrupted, offline, refused, failed
    host = TextField(default="")
    counts = JSONField(default=dict)
    error = TextField(null=True)

    class Meta:
        indexes = ((("root", "started_at"), False),)


class Content(Table):
    """Bytes by their digest (blake2b-20), with the values in force: see resolve.py."""

    id = AutoField()
    digest = BlobField(unique=True)
    size = BigIntegerField()
    codec = TextField(null=True)
    duration = DoubleField(null=True)
    sample_rate = IntegerField(null=True)
    channels = IntegerField(null=True)
    bit_depth = IntegerField(null=True)
    # In force, written by store.resolving in the transaction that changes a tag:
    kind = TextField(null=True)
    bpm = DoubleField(null=True)
    key = TextField(null=True)
    instrument = TextField(null=True)
    instruments = BigIntegerField(default=0)  # all that play: vocabulary.mask
    loudness = DoubleField(null=True)
    conflict = TextField(null=True)  # the fields, with blanks between, in which the audio contradicts what is said
    doubt = DoubleField(null=True)  # what a person's ear is worth here: see resolving.py; null where all is clear

    class Meta:
        indexes = (
            # Each holds what the others ask too: three fields of a million take 5 to 35 ms, not 60 to 130.
            (("bpm", "key", "kind", "instruments", "duration", "loudness"), False),
            (("key", "bpm", "kind", "instruments", "duration", "loudness"), False),
            (("kind", "duration", "instruments", "key", "bpm", "loudness"), False),
            (("duration",), False),
            (("loudness",), False),
        )


# Literals in what asks for these, or SQLite does not take them: see query.states.
for _column, _name in ((Content.conflict, "content_in_conflict"), (Content.doubt, "content_doubtful")):
    Content.add_index(Content.index(_column, where=_column.is_null(False), name=_name))


class Project(Table):
    """A song: its folder and its name there. Versions in time are `version` rows."""

    id = AutoField()
    volume = ForeignKeyField(Volume, on_delete="CASCADE")
    rel_path = PathField()  # the folder
    name = PathField()
    sort_name = TextField()
    daw = TextField()  # the reader's name, such as "ableton"
    bpm = DoubleField(null=True)
    key = TextField(null=True)
    time_signature = TextField(null=True)
    track_count = IntegerField(default=0)
    modified_at = DoubleField()
    missing_since = DoubleField(null=True)
    is_factory = BooleanField(default=False)  # a DAW's demo, template or temporary set: hidden
    note = TextField(default="")

    class Meta:
        indexes = (
            (("volume", "rel_path", "name"), True),
            (("daw",), False),
            (("sort_name",), False),
            (("modified_at",), False),
        )


class File(Table):
    id = AutoField()
    volume = ForeignKeyField(Volume, on_delete="CASCADE", index=False)
    rel_path = PathField()
    name = PathField()
    sort_name = TextField()
    suffix = TextField()
    size = BigIntegerField()
    mtime_ns = BigIntegerField()
    content = ForeignKeyField(Content, null=True, on_delete="SET NULL")
    project = ForeignKeyField(Project, null=True, on_delete="SET NULL")
    is_project = BooleanField(default=False)  # a project file itself, else audio
    first_seen_at = DoubleField()
    missing_since = DoubleField(null=True)

    class Meta:
        indexes = (
            (("volume", "rel_path"), True),
            (("size", "mtime_ns"), False),
            (("sort_name",), False),
        )


File.add_index(File.index(File.missing_since, where=File.missing_since.is_null(False)))
# Result lists show audio that is there: these answer without a look into the table, in 0.3 s for a million
# rows against 1.8 s (measured).
for _column in (File.content, File.project, File.sort_name, File.mtime_ns):
    File.add_index(
        File.index(
            _column,
            where=File.missing_since.is_null() & ~File.is_project,
            name=f"file_listed_{_column.column_name}",
        )
    )


class Version(Table):
    """One saved state of a project: the current file, a numbered sibling or a backup."""

    id = AutoField()
    project = ForeignKeyField(Project, on_delete="CASCADE", index=False)
    file = ForeignKeyField(File, null=True, on_delete="SET NULL")
    content = ForeignKeyField(Content, on_delete="CASCADE")
    saved_at = DoubleField()
    daw_version = TextField(null=True)
    bpm = DoubleField(null=True)
    key = TextField(null=True)
    time_signature = TextField(null=True)
    reader = TextField()
    reader_version = IntegerField()
    status = TextField()  # ok, partial, error, crashed
    error = TextField(null=True)
    is_current = BooleanField(default=False)
    summary = JSONField(default=dict)  # what ProjectInfo holds beyond the columns and tables
    first_read_at = DoubleField(null=True, index=True)  # None: before that was kept

    class Meta:
        indexes = (
            (("project", "content"), True),
            (("project", "saved_at"), False),
        )


Version.add_index(Version.index(Version.project, unique=True, where=Version.is_current, name="version_current"))


class Track(Table):
    id = AutoField()
    version = ForeignKeyField(Version, on_delete="CASCADE")
    position = IntegerField()
    name = TextField()
    kind = TextField()
    muted = BooleanField(default=False)
    frozen = BooleanField(default=False)
    devices = JSONField(default=list)


class Plugin(Table):
    id = AutoField()
    name = TextField()
    vendor = TextField(default="")
    format = TextField()

    class Meta:
        indexes = ((("name", "vendor", "format"), True),)


class VersionPlugin(Table):
    version = ForeignKeyField(Version, on_delete="CASCADE", index=False)
    plugin = ForeignKeyField(Plugin, on_delete="CASCADE")
    count = IntegerField(default=1)

    class Meta:
        primary_key = CompositeKey("version", "plugin")


class Marker(Table):
    id = AutoField()
    version = ForeignKeyField(Version, on_delete="CASCADE")
    name = TextField()
    at = DoubleField()
    unit = TextField()


class SampleUse(Table):
    version = ForeignKeyField(Version, on_delete="CASCADE", index=False)
    raw_path = PathField()
    name = TextField()  # the last part of the path, as File.sort_name writes it
    file = ForeignKeyField(File, null=True, on_delete="SET NULL")
    content = ForeignKeyField(Content, null=True, on_delete="SET NULL")
    status = TextField()  # found, missing, unresolved

    class Meta:
        primary_key = CompositeKey("version", "raw_path")
        indexes = ((("name",), False),)


class Analysis(Table):
    """That a tagger has heard a content, at which version, and how it went."""

    content = ForeignKeyField(Content, on_delete="CASCADE", index=False)
    tagger = TextField()
    version = IntegerField()
    status = TextField()  # ok, error, crashed
    error = TextField(null=True)
    abstained = JSONField(default=dict)  # field → why the tagger was silent on it
    seconds = DoubleField(default=0.0)
    finished_at = DoubleField()

    class Meta:
        primary_key = CompositeKey("content", "tagger")
        indexes = ((("tagger", "version"), False),)


Analysis.add_index(Analysis.index(Analysis.content, where=Analysis.status == "error", name="analysis_failed"))


class Tag(Table):
    """One opinion on one field of a content or of a project."""

    id = AutoField()
    content = ForeignKeyField(Content, null=True, on_delete="CASCADE", index=False)
    project = ForeignKeyField(Project, null=True, on_delete="CASCADE", index=False)
    field = TextField()
    text = TextField(default="")
    number = DoubleField(null=True)
    source = TextField()  # user, project, embedded, name, stems, machine
    tagger = TextField()  # whose rows these are; "user" for a person's
    tagger_version = IntegerField(default=0)
    engine = PathField(default="")  # may name a project, and so a file
    confidence = DoubleField(default=1.0)
    candidates = JSONField(default=list)
    set_at = DoubleField()
    rejected = BooleanField(default=False)

    class Meta:
        constraints = (Check("(content_id IS NULL) <> (project_id IS NULL)"),)
        indexes = (
            (("content", "field", "tagger", "text"), True),
            (("field", "text"), False),
        )


# Few tags are a project's: a whole index would spend 70 MB on a million contents' tags.
Tag.add_index(
    Tag.index(
        Tag.project, Tag.field, Tag.tagger, Tag.text,
        unique=True, where=Tag.project.is_null(False), name="tag_project",
    )
)  # fmt: skip


class Edit(Table):
    """What a person's command changed, so that `undo` can take back the last one whole."""

    id = AutoField()
    batch = IntegerField(index=True)
    content = ForeignKeyField(Content, null=True, on_delete="CASCADE")
    project = ForeignKeyField(Project, null=True, on_delete="CASCADE")
    field = TextField()
    before = JSONField(null=True)  # the person's former row, {"text", "number"}; null where there was none
    after = JSONField(null=True)
    at = DoubleField()
    file_id = IntegerField(null=True)  # of the content's places the one it was said of; that may be forgotten


class Label(Table):
    id = AutoField()
    name = TextField(unique=True)


class LabelUse(Table):
    id = AutoField()
    label = ForeignKeyField(Label, on_delete="CASCADE", index=False)
    content = ForeignKeyField(Content, null=True, on_delete="CASCADE")
    project = ForeignKeyField(Project, null=True, on_delete="CASCADE")

    class Meta:
        constraints = (Check("(content_id IS NULL) <> (project_id IS NULL)"),)
        indexes = (
            (("label", "content"), True),
            (("label", "project"), True),
        )


class Embedding(Table):
    content = ForeignKeyField(Content, on_delete="CASCADE", index=False)
    model = TextField()
    vector = BlobField()  # float16, little-endian

    class Meta:
        primary_key = CompositeKey("content", "model")


class Verdict(Table):
    """What a person says of two contents that seem to be the same sound; `left` has the smaller id."""

    left = ForeignKeyField(Content, on_delete="CASCADE", index=False)
    right = ForeignKeyField(Content, on_delete="CASCADE")
    verdict = TextField()  # keep, same, different
    set_at = DoubleField()

    class Meta:
        primary_key = CompositeKey("left", "right")


class SavedQuery(Table):
    id = AutoField()
    name = TextField(unique=True)
    query = TextField()


class Setting(Table):
    key = TextField(primary_key=True)
    value = TextField()


VECTORS_STAMP = "vectors"
"""The setting that is another after every change of `embedding`: what is made of the table may be kept by it."""


class Quarantine(Table):
    """A place whose file killed or hung its worker before even its digest was known: (size, mtime)
    say when it has become another file and deserves another try."""

    file = ForeignKeyField(File, primary_key=True, on_delete="CASCADE")
    size = BigIntegerField()
    mtime_ns = BigIntegerField()
    stamp = TextField()  # the readers' or taggers' versions that it killed
    reason = TextField()
    at = DoubleField()


class IndexLock(Table):
    """The one indexer of this archive while it runs: one row, or none."""

    id = IntegerField(primary_key=True)
    token = TextField()  # of this holding, unlike every other
    command = TextField()  # index, watch
    host = TextField()
    pid = IntegerField()
    born = TextField()  # when the process began: its number may be another's by now
    started_at = DoubleField()
    heartbeat_at = DoubleField()
    beats = BigIntegerField(default=0)


class IndexRun(Table):
    """A run of indexing that came to its end; `summary` is its IndexSummary."""

    id = AutoField()
    command = TextField()
    host = TextField()
    started_at = DoubleField()
    finished_at = DoubleField(index=True)
    summary = JSONField(default=dict)


class Conflict(Table):
    """Since when the values of a content contradict each other (is:conflict), as the runs saw it."""

    content = ForeignKeyField(Content, primary_key=True, on_delete="CASCADE")
    since = DoubleField()


class LostSample(Table):
    """Since when a file that a project names is not there, as the runs saw it."""

    project = ForeignKeyField(Project, on_delete="CASCADE", index=False)
    raw_path = PathField()
    since = DoubleField()

    class Meta:
        primary_key = CompositeKey("project", "raw_path")


ALL = (
    Volume, Root, Scan, Content, Project, File, Version, Track, Plugin, VersionPlugin, Marker, SampleUse,
    Analysis, Tag, Edit, Label, LabelUse, Embedding, SavedQuery, Setting, Quarantine,
    Verdict, IndexLock, IndexRun, Conflict, LostSample,
)  # fmt: skip
