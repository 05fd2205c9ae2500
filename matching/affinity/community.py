"""A community as the snapshot keeps it for affinity."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommunityEntry:
    """What the index knows of a community."""

    slug: str
    name: str
    sharing: str
    partners: tuple[str, ...]
    values: tuple[str, ...] = ()

    @property
    def described(self) -> bool:
        """Whether it is in the table of communities, and not only named by rows."""
        return self.sharing != ""
