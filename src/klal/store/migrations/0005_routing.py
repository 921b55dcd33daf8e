"""What the choice of the next statement rests on, and the chance by which each vote was asked for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0004_news_and_alerts")]

    operations = [
        migrations.RemoveField("snapshot", "priorities"),
        migrations.AddField(
            "snapshot",
            "routes",
            models.BinaryField(db_default=b"", help_text="for choosing the next statement: see klal.domain.routes"),
        ),
        migrations.AddField(
            "voteevent",
            "chance",
            models.SmallIntegerField(help_text="of being asked this: −1000 times its binary logarithm", null=True),
        ),
    ]
