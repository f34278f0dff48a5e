"""The only writer of the archive. One transaction per unit of work; callers open it with `atomic()`.

`places` keeps volumes, roots and files; `songs` projects and their versions; `opinions` what taggers and
people say of a content or a project.
"""
