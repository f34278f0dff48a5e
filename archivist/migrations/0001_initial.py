def up(migrator, db):
    from archivist import search, tables

    tables.database.initialize(db)
    db.create_tables(tables.ALL)
    search.create(db)
