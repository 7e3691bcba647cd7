"""What errors mean to MI, whatever was spoken: Windows' numbers, and what to do about each."""
