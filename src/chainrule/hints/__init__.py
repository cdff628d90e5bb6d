"""What errors say beyond the bare fact: names out of the user's source, and edits that would help.

It knows nothing of graphs (code objects, syntax trees and shapes are all it reads), so that the
engine's errors can use it.
"""
