# What convening needs: roles, moderation, sharing, mail

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


def give_owners(apps, schema_editor):
    """Before there were roles every account saw every conversation: whoever has an account owns what there is."""
    alias = schema_editor.connection.alias
    app, _, model = settings.AUTH_USER_MODEL.partition(".")
    accounts = list(apps.get_model(app, model).objects.using(alias).values_list("pk", flat=True))
    conversations = apps.get_model("store", "Conversation").objects.using(alias).values_list("pk", flat=True)
    memberships = apps.get_model("store", "Membership")
    memberships.objects.using(alias).bulk_create(
        memberships(account_id=account, conversation_id=conversation, role="owner") for conversation in conversations for account in accounts
    )


class Migration(migrations.Migration):

    dependencies = [
        ('store', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('used', models.DateTimeField(null=True)),
                ('expires', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Admission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(help_text='how the inviting organisation names the person', max_length=256)),
                ('digest', models.CharField(help_text='keyed hash of what their link carries', max_length=64, unique=True)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('used', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=32)),
                ('facts', models.JSONField(default=dict)),
                ('raised', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('answer', models.CharField(blank=True, choices=[('accepted', 'accepted'), ('declined', 'declined'), ('lapsed', 'lapsed')], max_length=16)),
                ('note', models.TextField(blank=True)),
                ('answered', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.CharField(blank=True, help_text="the conversation's address then", max_length=64)),
                ('name', models.CharField(blank=True, help_text="the account's name then; empty for the terminal", max_length=200)),
                ('act', models.CharField(max_length=40)),
                ('subject', models.CharField(blank=True, help_text='what it was done to, such as statement:12', max_length=80)),
                ('facts', models.JSONField(default=dict)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='what the link carries: /c/<slug>/?from=<code>', max_length=32)),
                ('name', models.CharField(max_length=80)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('role', models.CharField(choices=[('owner', 'owner'), ('moderator', 'moderator'), ('viewer', 'viewer')], max_length=16)),
                ('digest', models.CharField(help_text='keyed hash of what the link carries', max_length=64, unique=True)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires', models.DateTimeField()),
                ('answered', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Lineage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('merged', 'merged'), ('reworded', 'reworded'), ('split', 'split')], max_length=16)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recipient', models.EmailField(max_length=254)),
                ('subject', models.TextField()),
                ('text', models.TextField(help_text='emptied once it is sent: it may carry a link that lets in')),
                ('headers', models.JSONField(default=dict)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('due', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='not before then')),
                ('expires', models.DateTimeField(help_text='given up then')),
                ('tries', models.IntegerField(default=0)),
                ('error', models.TextField(blank=True, help_text='what the mail server said last')),
                ('sent', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'owner'), ('moderator', 'moderator'), ('viewer', 'viewer')], max_length=16)),
                ('alerts', models.JSONField(default=list, help_text='kinds of alert that are mailed to them')),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='ModerationAct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=[('accept', 'accept'), ('reject', 'reject'), ('wait', 'wait'), ('merge', 'merge'), ('reword', 'reword'), ('split', 'split'), ('mark_meta', 'mark_meta'), ('unmark_meta', 'unmark_meta'), ('ask_second', 'ask_second')], max_length=16)),
                ('batch', models.CharField(blank=True, help_text='the same for all that was done, and is undone, at once', max_length=32)),
                ('before', models.JSONField(default=dict, help_text="the statement's fields that were changed, as they were")),
                ('after', models.JSONField(default=dict, help_text='the same, as they became')),
                ('reason_code', models.CharField(blank=True, max_length=32)),
                ('note', models.TextField(blank=True, help_text='for the author and for other moderators')),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('undone', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='News',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.JSONField(help_text='{language: text}')),
                ('text', models.JSONField(help_text='{language: text}')),
                ('recipients', models.IntegerField(default=0)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='OutsideIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('issuer', models.CharField(max_length=256)),
                ('subject', models.CharField(max_length=256)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('merged', 'merged'), ('reworded', 'reworded'), ('split', 'split')], max_length=16)),
                ('texts', models.JSONField(help_text='the words proposed, one or several')),
                ('note', models.TextField(blank=True)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('answer', models.CharField(blank=True, choices=[('accepted', 'accepted'), ('declined', 'declined'), ('lapsed', 'lapsed')], max_length=16)),
                ('answered', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_key', models.CharField(max_length=40, unique=True)),
                ('device', models.CharField(blank=True, help_text='what the browser calls itself', max_length=200)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('seen', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('language', models.CharField(blank=True, max_length=16)),
                ('made', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('confirmed', models.DateTimeField(help_text='only then is anything sent', null=True)),
            ],
        ),
        migrations.AddField(
            model_name='conversation',
            name='archived',
            field=models.DateTimeField(help_text="put away: no longer in its convenors' list", null=True),
        ),
        migrations.AddField(
            model_name='conversation',
            name='deletes_at',
            field=models.DateTimeField(help_text='when everything of it is deleted for good', null=True),
        ),
        migrations.AddField(
            model_name='conversation',
            name='is_listed',
            field=models.BooleanField(default=True, help_text='named on the first page; else reached by its link only'),
        ),
        migrations.AddField(
            model_name='conversation',
            name='names',
            field=models.JSONField(default=dict, help_text='names the convenors gave: {"groups": {slot: {language: name}}, "axes": {…}}'),
        ),
        migrations.AddField(
            model_name='conversation',
            name='policy',
            field=models.JSONField(default=dict, help_text='what the convenors add to the published moderation policy: {language: text}'),
        ),
        migrations.AddField(
            model_name='conversation',
            name='speakers',
            field=models.CharField(choices=[('anyone', 'anyone'), ('convenors', 'convenors')], default='anyone', max_length=16),
        ),
        migrations.AddField(
            model_name='conversation',
            name='statements_until',
            field=models.DateTimeField(help_text='from then on it takes votes only', null=True),
        ),
        migrations.AddField(
            model_name='conversation',
            name='voters',
            field=models.CharField(choices=[('anyone', 'anyone'), ('invited', 'invited')], default='anyone', max_length=16),
        ),
        migrations.AddField(
            model_name='participant',
            name='channel',
            field=models.CharField(blank=True, db_default='', default='', help_text='code of the link they came by', max_length=32),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='turnout',
            field=models.JSONField(default=dict, help_text='how the conversation runs, for its convenors: see klal.services.turnout'),
        ),
        migrations.AddField(
            model_name='statement',
            name='held_by',
            field=models.ForeignKey(help_text='has it on their screen', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='statement',
            name='held_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='statement',
            name='needs_second',
            field=models.BooleanField(db_default=False, default=False, help_text='a moderator asked another one to decide'),
        ),
        migrations.AddField(
            model_name='statement',
            name='reason_code',
            field=models.CharField(blank=True, db_default='', default='', help_text="the same as one of the published policy's reasons", max_length=32),
        ),
        migrations.AddField(
            model_name='statement',
            name='version',
            field=models.IntegerField(db_default=0, default=0, help_text='grows with every act of moderation; who acts on an older one is told'),
        ),
        migrations.AlterField(
            model_name='conversation',
            name='phase',
            field=models.CharField(choices=[('draft', 'draft'), ('open', 'open'), ('voting', 'voting'), ('paused', 'paused'), ('closed', 'closed')], default='open', max_length=16),
        ),
        migrations.AlterField(
            model_name='statement',
            name='reason',
            field=models.TextField(blank=True, help_text="why it was accepted or rejected, for its author, in the moderator's own words"),
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(fields=['conversation', 'state', 'id'], name='statement_queue'),
        ),
        migrations.AddField(
            model_name='accesstoken',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='access_tokens', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='admission',
            name='conversation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='admissions', to='store.conversation'),
        ),
        migrations.AddField(
            model_name='admission',
            name='participant',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='admission', to='store.participant'),
        ),
        migrations.AddField(
            model_name='alert',
            name='conversation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='store.conversation'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='account',
            field=models.ForeignKey(help_text='who decided', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='appeal',
            name='author',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='store.participant'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='appeals', to='store.statement'),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='conversation',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='audit_entries', to='store.conversation'),
        ),
        migrations.AddField(
            model_name='channel',
            name='conversation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='channels', to='store.conversation'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='conversation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='store.conversation'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='inviter',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='lineage',
            name='child',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parents', to='store.statement'),
        ),
        migrations.AddField(
            model_name='lineage',
            name='parent',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='children', to='store.statement'),
        ),
        migrations.AddIndex(
            model_name='mail',
            index=models.Index(condition=models.Q(('sent', None)), fields=['due'], name='mail_waiting'),
        ),
        migrations.AddField(
            model_name='membership',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='membership',
            name='conversation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='store.conversation'),
        ),
        migrations.AddField(
            model_name='moderationact',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='moderationact',
            name='conversation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='moderation_acts', to='store.conversation'),
        ),
        migrations.AddField(
            model_name='moderationact',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='acts', to='store.statement'),
        ),
        migrations.AddField(
            model_name='news',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='news',
            name='conversation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='news', to='store.conversation'),
        ),
        migrations.AddField(
            model_name='outsideidentity',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outside_identities', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposal',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposal',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='store.statement'),
        ),
        migrations.AddField(
            model_name='signin',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_ins', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='subscription',
            name='conversation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='store.conversation'),
        ),
        migrations.AddConstraint(
            model_name='admission',
            constraint=models.UniqueConstraint(fields=('conversation', 'external_id'), name='admission_once'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(fields=('conversation', 'kind'), name='alert_once'),
        ),
        migrations.AddConstraint(
            model_name='channel',
            constraint=models.UniqueConstraint(fields=('conversation', 'code'), name='channel_code'),
        ),
        migrations.AddConstraint(
            model_name='lineage',
            constraint=models.UniqueConstraint(fields=('child', 'parent'), name='lineage_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('conversation', 'account'), name='membership_once'),
        ),
        migrations.AddConstraint(
            model_name='outsideidentity',
            constraint=models.UniqueConstraint(fields=('issuer', 'subject'), name='outside_identity_once'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.UniqueConstraint(fields=('conversation', 'email'), name='subscription_once'),
        ),
        migrations.RunPython(give_owners, migrations.RunPython.noop),
    ]
