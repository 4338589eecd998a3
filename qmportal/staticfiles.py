from django.contrib.staticfiles.apps import StaticFilesConfig


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
