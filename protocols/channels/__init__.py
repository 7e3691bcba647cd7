"""What the channels of handlers do alike, whatever is spoken: fetches, orphans, forks."""
