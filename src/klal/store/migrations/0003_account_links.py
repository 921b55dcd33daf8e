# Links that stand for an account, and one account for each mail address

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

ONE_EACH = """
UPDATE auth_user SET email = '' WHERE email <> '' AND EXISTS (
    SELECT 1 FROM auth_user other WHERE lower(other.email) = lower(auth_user.email) AND other.id < auth_user.id
)
"""
INDEX = "CREATE UNIQUE INDEX klal_account_email ON auth_user (lower(email)) WHERE email <> ''"


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0002_convening'),
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='sign_in, or address: it confirms a mail address', max_length=16)),
                ('digest', models.CharField(help_text='keyed hash of what the link carries', max_length=64, unique=True)),
                ('email', models.EmailField(blank=True, help_text='the address it confirms', max_length=254)),
                ('browser', models.CharField(blank=True, help_text='keyed hash of a cookie of the browser that asked for it', max_length=64)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires', models.DateTimeField()),
                ('used', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.RunSQL(ONE_EACH, migrations.RunSQL.noop),
        migrations.RunSQL(INDEX, "DROP INDEX klal_account_email"),
    ]
