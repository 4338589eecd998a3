from collections.abc import Iterable, Iterator

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class OnlyWhatIsServed(StaticFilesConfig):
    """Leaves out what no page asks for: compressing it is most of `collectstatic`."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "rest_framework",  # DRF's own pages are not served
        # The admin's pages use the short forms of these; the long ones are for reading.
        "admin/js/vendor/jquery/jquery.js",
        "admin/js/vendor/select2/select2.full.js",
        "admin/js/vendor/xregexp/xregexp.js",
        "admin/js/vendor/select2/i18n/[!e]*",  # the portal speaks English
    ]


class HashedCompressed(CompressedManifestStaticFilesStorage):
    """Compresses only names with a hash, which pages ask for. The error page asks for the plain ones, but seldom."""

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        hashed = set(self.hashed_files.values())
        yield from super().compress_files(path for path in paths if path in hashed)
