"""What `collectstatic` makes."""

from django.core.management import call_command


def test_only_names_with_a_hash_are_compressed(settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path)
    backend = {"BACKEND": "qmportal.staticfiles.HashedCompressed"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": backend}
    call_command("collectstatic", interactive=False, verbosity=0)
    made = [path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("css/base.*")]
    assert not {"css/base.css.gz", "css/base.css.br"} & set(made)
    [hashed] = [name for name in made if name.endswith(".css") and name != "css/base.css"]
    assert {f"{hashed}.gz", f"{hashed}.br"} <= set(made)
