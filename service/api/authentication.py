"""Who calls: a community's key in `Authorization: Bearer ...`, never in a URL."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from geo.errors import KeyMissing
from service.accounts.api_keys import authenticate
from service.container import Services

_bearer = HTTPBearer(auto_error=False, description="Key of a community, made by `placelibre community add`")


def services_of(request: Request) -> Services:
    """The running parts, as `create_app` attached them."""
    services: Services = request.app.state.services
    return services


def optional_community(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> str | None:
    """Slug of the community whose key came along, None without a key. Raises KeyMissing for a wrong key."""
    if credentials is None:
        return None
    return authenticate(services_of(request).engine, credentials.credentials)


def required_key(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    """The key itself, for what checks it on its own. Raises KeyMissing without one."""
    if credentials is None:
        raise KeyMissing()
    return credentials.credentials


def required_community(slug: Annotated[str | None, Depends(optional_community)]) -> str:
    """Slug of the calling community. Raises KeyMissing without a valid key."""
    if slug is None:
        raise KeyMissing()
    return slug


Container = Annotated[Services, Depends(services_of)]
Caller = Annotated[str | None, Depends(optional_community)]
Community = Annotated[str, Depends(required_community)]
Key = Annotated[str, Depends(required_key)]
