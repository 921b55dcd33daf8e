"""The server's own certificate, from files; a renewed one is taken up without a restart."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from klal.errors import BadSettingError

_log = logging.getLogger(__name__)


class Certificate:
    """A certificate chain and its key.

    Parameters
    ----------
    certificate, key : Path
        PEM files; may be one.

    Raises
    ------
    BadSettingError
        If they cannot be read, or do not belong together.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self._read = self._dates()
        try:
            self._load(self.context)
        except (OSError, ValueError) as error:
            raise BadSettingError(
                setting="KLAL_TLS_CERTIFICATE",
                found=f"{certificate} ({_reason(error)})",
                needed="PEM files of a certificate and its own key",
            ) from None

    def renew(self) -> bool:
        """Take up the files if they have changed; those who are connected already stay with the old one.

        Returns
        -------
        bool
            Whether there was a new certificate.
        """
        dates = self._dates()
        if dates == self._read:
            return False
        self._read = dates
        try:
            self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))  # a half-written pair must not spoil the one in use
            self._load(self.context)
        except (OSError, ValueError) as error:
            _log.warning("The certificate has changed but cannot be used (%s); serving on with the one there was.", _reason(error))
            return False
        _log.warning("A new certificate is in use.")
        return True

    def _load(self, context: ssl.SSLContext) -> None:
        # an encrypted key would be asked for on the terminal, which a server has not
        context.load_cert_chain(*self._files, password="")

    def _dates(self) -> tuple[int, ...]:
        try:
            return tuple(one.stat().st_mtime_ns for one in self._files)
        except OSError:
            return ()


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)
