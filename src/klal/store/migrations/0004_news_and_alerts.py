"""In which language alerts are mailed, and how far a letter has been posted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0003_account_links")]

    operations = [
        migrations.AddField(
            "membership",
            "language",
            models.CharField(blank=True, db_default="", default="", help_text="of those mails", max_length=16),
        ),
        migrations.AddField(
            "news",
            "reached",
            models.BigIntegerField(db_default=0, default=0, help_text="number of the last subscription it was posted to"),
        ),
        migrations.AddField(
            "news",
            "posted",
            models.DateTimeField(null=True, help_text="when it had been posted to all"),
        ),
    ]
