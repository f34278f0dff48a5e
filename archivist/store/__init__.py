"""The only writer of the archive. One transaction per unit of work; callers open it with `atomic()`.

`places` keeps volumes, roots and files; `songs` projects and their versions; `opinions` what taggers say of a
content, `people` what persons say, `declared` and `stems` what projects and neighbours say, `resolving` which of
it is in force.
"""
