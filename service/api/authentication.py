"""The caller of a request: the community whose key is in `Authorization: Bearer ...`, never in a URL."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from geo.errors import KeyMissing
from service.accounts.api_keys import authenticate

_bearer = HTTPBearer(auto_error=False, description="Key of a community, made by `placelibre community add`")


def optional_community(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> str | None:
    """Slug of the community whose key came along, None without a key. Raises KeyMissing for a wrong key."""
    if credentials is None:
        return None
    return authenticate(request.app.state.services.engine, credentials.credentials)


def required_key(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    """The key itself, for a use case that checks it. Raises KeyMissing without one."""
    if credentials is None:
        raise KeyMissing()
    return credentials.credentials


def required_community(slug: Annotated[str | None, Depends(optional_community)]) -> str:
    """Slug of the calling community. Raises KeyMissing without a valid key."""
    if slug is None:
        raise KeyMissing()
    return slug


Caller = Annotated[str | None, Depends(optional_community)]
Community = Annotated[str, Depends(required_community)]
Key = Annotated[str, Depends(required_key)]
