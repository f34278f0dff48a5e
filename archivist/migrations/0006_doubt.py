"""In which fields a content's values contradict each other, and how much a person's ear is worth there. A frozen
copy, as 0001 is. What was resolved before is resolved anew by the next `index`: see store.resolving."""

from peewee import *


def up(migrator, db):
    kind = "REAL" if isinstance(db, SqliteDatabase) else "DOUBLE PRECISION"
    db.execute_sql('ALTER TABLE "content" ADD COLUMN "conflict" TEXT')
    db.execute_sql(f'ALTER TABLE "content" ADD COLUMN "doubt" {kind}')
    db.execute_sql(
        'CREATE INDEX "content_in_conflict" ON "content" ("conflict") WHERE ("conflict" IS NOT NULL)'
    )
    db.execute_sql('CREATE INDEX "content_doubtful" ON "content" ("doubt") WHERE ("doubt" IS NOT NULL)')
