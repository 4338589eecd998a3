from django.db import migrations

from qmportal.lib.text import mail_address


def keep_one_address(apps, schema_editor):
    """Each account keeps one address, confirmed: the confirmed main one, else any confirmed one, else its first.

    An unconfirmed address could be made the main one, so the first is the one that the account began with.
    """
    User, EmailAddress = apps.get_model("teams", "User"), apps.get_model("account", "EmailAddress")
    for user in User.objects.iterator():
        rows = list(EmailAddress.objects.filter(user=user))
        rows.sort(key=lambda row: (not (row.verified and row.primary), not row.verified, row.pk))
        kept = mail_address(rows[0].email if rows else user.email)
        if kept != user.email and User.objects.exclude(pk=user.pk).filter(email__iexact=kept).exists():
            kept = user.email
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.filter(email=kept, verified=True).delete()
        EmailAddress.objects.create(user=user, email=kept, verified=True, primary=True)
        User.objects.filter(pk=user.pk).update(email=kept)


class Migration(migrations.Migration):
    dependencies = [
        ("teams", "0002_account_mail"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunPython(keep_one_address, migrations.RunPython.noop)]
