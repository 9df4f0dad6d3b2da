"""The DNS records of the city's own mail domains, so that a mail of the city's can be proved without asking anybody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("genuine", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="speaker",
            name="mail_records",
            field=models.TextField(blank=True, default="", help_text="DNSの記録：メールの署名の鍵（DKIM）と DMARC"),
            preserve_default=False,
        ),
    ]
