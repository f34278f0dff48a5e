"""What a person says of two contents that seem to be the same sound. A frozen copy, as 0001 is."""

from peewee import *


def up(migrator, db):
    class Table(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Content(Table):
        id = AutoField()

    class Verdict(Table):
        left = ForeignKeyField(Content, on_delete="CASCADE", index=False)
        right = ForeignKeyField(Content, on_delete="CASCADE")
        verdict = TextField()
        set_at = DoubleField()

        class Meta:
            primary_key = CompositeKey("left", "right")

    db.create_tables((Verdict,))
