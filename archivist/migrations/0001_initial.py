"""The first schema. A frozen copy of the tables as they were then: a migration never imports today's."""

from peewee import *

from archivist import search


def up(migrator, db):
    class Table(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Volume(Table):
        id = AutoField()
        key = TextField(unique=True)
        label = TextField(default="")
        last_path = TextField()
        last_seen_at = DoubleField()

    class Root(Table):
        id = AutoField()
        volume = ForeignKeyField(Volume, on_delete="CASCADE")
        rel_path = TextField()
        kind = TextField(default="mixed")
        enabled = BooleanField(default=True)

        class Meta:
            indexes = ((("volume", "rel_path"), True),)

    class Scan(Table):
        id = AutoField()
        root = ForeignKeyField(Root, on_delete="CASCADE")
        started_at = DoubleField()
        heartbeat_at = DoubleField()
        finished_at = DoubleField(null=True)
        status = TextField()
        host = TextField(default="")
        counts = JSONField(default=dict)
        error = TextField(null=True)

        class Meta:
            indexes = ((("root", "started_at"), False),)

    class Content(Table):
        id = AutoField()
        digest = BlobField(unique=True)
        size = BigIntegerField()
        codec = TextField(null=True)
        duration = DoubleField(null=True)
        sample_rate = IntegerField(null=True)
        channels = IntegerField(null=True)
        bit_depth = IntegerField(null=True)
      
        kind = TextField(null=True)
        bpm = DoubleField(null=True)
        key = TextField(null=True)
        instrument = TextField(null=True)
        instruments = BigIntegerField(default=0)
        loudness = DoubleField(null=True)

        class Meta:
            indexes = (
                (("bpm", "key", "kind", "instruments", "duration", "loudness"), False),
                (("key", "bpm", "kind", "instruments", "duration", "loudness"), False),
                (("kind", "duration", "instruments", "key", "bpm", "loudness"), False),
                (("duration",), False),
                (("loudness",), False),
            )

    class Project(Table):
        id = AutoField()
        volume = ForeignKeyField(Volume, on_delete="CASCADE")
        rel_path = TextField()
        name = TextField()
        sort_name = TextField()
        daw = TextField()
        bpm = DoubleField(null=True)
        key = TextField(null=True)
        time_signature = TextField(null=True)
        track_count = IntegerField(default=0)
        modified_at = DoubleField()
        missing_since = DoubleField(null=True)
        is_factory = BooleanField(default=False)
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
        rel_path = TextField()
        name = TextField()
        sort_name = TextField()
        suffix = TextField()
        size = BigIntegerField()
        mtime_ns = BigIntegerField()
        content = ForeignKeyField(Content, null=True, on_delete="SET NULL")
        project = ForeignKeyField(Project, null=True, on_delete="SET NULL")
        is_project = BooleanField(default=False)
        first_seen_at = DoubleField()
        missing_since = DoubleField(null=True)

        class Meta:
            indexes = (
                (("volume", "rel_path"), True),
                (("size", "mtime_ns"), False),
                (("sort_name",), False),
            )

    File.add_index(File.index(File.missing_since, where=File.missing_since.is_null(False)))
    for _column in (File.content, File.project, File.sort_name, File.mtime_ns):
        File.add_index(
            File.index(
                _column,
                where=File.missing_since.is_null() & ~File.is_project,
                name=f"file_listed_{_column.column_name}",
            )
        )

    class Version(Table):
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
        status = TextField()
        error = TextField(null=True)
        is_current = BooleanField(default=False)
        summary = JSONField(default=dict)

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
        raw_path = TextField()
        name = TextField()
        file = ForeignKeyField(File, null=True, on_delete="SET NULL")
        content = ForeignKeyField(Content, null=True, on_delete="SET NULL")
        status = TextField()

        class Meta:
            primary_key = CompositeKey("version", "raw_path")
            indexes = ((("name",), False),)

    class Analysis(Table):
        content = ForeignKeyField(Content, on_delete="CASCADE", index=False)
        tagger = TextField()
        version = IntegerField()
        status = TextField()
        error = TextField(null=True)
        abstained = JSONField(default=dict)
        seconds = DoubleField(default=0.0)
        finished_at = DoubleField()

        class Meta:
            primary_key = CompositeKey("content", "tagger")
            indexes = ((("tagger", "version"), False),)

    Analysis.add_index(
        Analysis.index(Analysis.content, where=Analysis.status == "error", name="analysis_failed")
    )

    class Tag(Table):
        id = AutoField()
        content = ForeignKeyField(Content, null=True, on_delete="CASCADE", index=False)
        project = ForeignKeyField(Project, null=True, on_delete="CASCADE", index=False)
        field = TextField()
        text = TextField(default="")
        number = DoubleField(null=True)
        source = TextField()
        tagger = TextField()
        tagger_version = IntegerField(default=0)
        engine = TextField(default="")
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

    Tag.add_index(
        Tag.index(
            Tag.project, Tag.field, Tag.tagger, Tag.text,
            unique=True, where=Tag.project.is_null(False), name="tag_project",
        )
    )

    class Edit(Table):
        id = AutoField()
        batch = IntegerField(index=True)
        content = ForeignKeyField(Content, null=True, on_delete="CASCADE")
        project = ForeignKeyField(Project, null=True, on_delete="CASCADE")
        field = TextField()
        before = JSONField(null=True)
        after = JSONField(null=True)
        at = DoubleField()

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
        vector = BlobField()

        class Meta:
            primary_key = CompositeKey("content", "model")

    class SavedQuery(Table):
        id = AutoField()
        name = TextField(unique=True)
        query = TextField()

    class Setting(Table):
        key = TextField(primary_key=True)
        value = TextField()

    class Quarantine(Table):
        file = ForeignKeyField(File, primary_key=True, on_delete="CASCADE")
        size = BigIntegerField()
        mtime_ns = BigIntegerField()
        stamp = TextField()
        reason = TextField()
        at = DoubleField()

    tables = (
        Volume, Root, Scan, Content, Project, File, Version, Track, Plugin, VersionPlugin, Marker, SampleUse,
        Analysis, Tag, Edit, Label, LabelUse, Embedding, SavedQuery, Setting, Quarantine,
    )
    db.create_tables(tables)
    search.create(db)
