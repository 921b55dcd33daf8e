"""Guesses of the perception check."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0005_routing")]

    operations = [
        migrations.CreateModel(
            name="Guess",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "participant_id", "statement_id", "target", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "target",
                    models.SmallIntegerField(help_text="slot of the group guessed about, −1 for the whole; of sides 0 agreed, 1 disagreed"),
                ),
                ("own", models.SmallIntegerField(help_text="slot or side of the guesser then, −1 for none")),
                ("share", models.SmallIntegerField(help_text="0 … 100")),
                ("spread", models.SmallIntegerField(help_text="surely within so many hundredths, 0 … 50")),
                (
                    "round",
                    models.SmallIntegerField(default=1, help_text="only the first, made before any answer was seen, counts for the gap"),
                ),
                ("snapshot_number", models.BigIntegerField(help_text="the one whose figures were guessed at, and shown since")),
                ("time", models.BigIntegerField()),
                ("seen", models.BigIntegerField(help_text="when the answer was shown; from then on the guess stands", null=True)),
                (
                    "participant",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.participant"),
                ),
                (
                    "statement",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.statement"),
                ),
                (
                    "anchor",
                    models.ForeignKey(
                        db_index=False,
                        help_text="sides are those who agreed or disagreed with it",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="store.statement",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["statement"], name="guess_statement"),
                    models.Index(fields=["anchor"], name="guess_anchor"),
                ],
            },
        ),
    ]
