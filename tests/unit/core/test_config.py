import pytest

from portal.core.config import ConfigError, from_env

SECRET = {"PORTAL_SECRET_KEY": "x" * 64, "PORTAL_INSTANCE_DIR": "/nonexistent"}


@pytest.mark.parametrize("password", [None, "too short"])
def test_a_demo_without_a_password_says_what_to_set(password: str | None) -> None:
    given = {**SECRET, "PORTAL_DEMO": "1", **({"PORTAL_DEMO_PASSWORD": password} if password else {})}
    with pytest.raises(ConfigError, match=r"needs PORTAL_DEMO_PASSWORD, .* of at least 12 characters"):
        from_env(given)
    assert from_env({**given, "PORTAL_DEMO": "0"}).demo is False
    assert from_env({**given, "PORTAL_DEMO_PASSWORD": "long enough for it"}).demo
