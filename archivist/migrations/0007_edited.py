"""Of which place of a content a person said something, so that `undo` names that one of several."""


def up(migrator, db):
    db.execute_sql('ALTER TABLE "edit" ADD COLUMN "file_id" INTEGER')
