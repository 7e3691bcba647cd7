"""Instances and classes as text: CIM-XML and MOF, both directions.

The only part of `mi` that imports lxml; `import mi` does not import it.
"""
