"""The query language: `parse` reads it, `nodes` says what it means, `compile` asks the database."""
