"""The lock of the one indexer, the runs it made, and since when what is wrong has been so. A frozen copy, as 0001 is."""

from peewee import *


def up(migrator, db):
    class Table(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Content(Table):
        id = AutoField()

    class Project(Table):
        id = AutoField()

    class IndexLock(Table):
        id = IntegerField(primary_key=True)
        token = TextField()
        command = TextField()
        host = TextField()
        pid = IntegerField()
        born = TextField()
        started_at = DoubleField()
        heartbeat_at = DoubleField()
        beats = BigIntegerField(default=0)

    class IndexRun(Table):
        id = AutoField()
        command = TextField()
        host = TextField()
        started_at = DoubleField()
        finished_at = DoubleField(index=True)
        summary = JSONField(default=dict)

    class Conflict(Table):
        content = ForeignKeyField(Content, primary_key=True, on_delete="CASCADE")
        since = DoubleField()

    class LostSample(Table):
        project = ForeignKeyField(Project, on_delete="CASCADE", index=False)
        raw_path = TextField()
        since = DoubleField()

        class Meta:
            primary_key = CompositeKey("project", "raw_path")

    db.create_tables((IndexLock, IndexRun, Conflict, LostSample))
    kind = "REAL" if isinstance(db, SqliteDatabase) else "DOUBLE PRECISION"
    db.execute_sql(f'ALTER TABLE "version" ADD COLUMN "first_read_at" {kind}')
    db.execute_sql('CREATE INDEX "version_first_read_at" ON "version" ("first_read_at")')
