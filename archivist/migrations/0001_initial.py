def up(migrator, db):
    from archivist import search, tables

    db.create_tables(tables.ALL)
    search.create(db)
