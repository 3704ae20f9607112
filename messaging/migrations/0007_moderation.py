
import django.core.validators
import django.db.models.deletion
import messaging.models.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0006_previews'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='hidden_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='hidden'),
        ),
        migrations.CreateModel(
            name='ModerationCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.BigIntegerField()),
                ('state', models.CharField(choices=[('open', 'open'), ('decided', 'decided')], default='open', max_length=7, verbose_name='state')),
                ('score', models.FloatField(default=0, verbose_name='score')),
                ('report_count', models.PositiveIntegerField(default=0, verbose_name='reports')),
                ('reasons', models.JSONField(default=dict, verbose_name='reasons')),
                ('is_hidden', models.BooleanField(default=False, verbose_name='hidden')),
                ('outcome', models.CharField(blank=True, choices=[('upheld', 'upheld'), ('dismissed', 'dismissed')], max_length=9, verbose_name='outcome')),
                ('opened_at', models.DateTimeField(verbose_name='opened')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('assignee', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='taken by')),
                ('author', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='messaging.room', verbose_name='room')),
            ],
            options={
                'verbose_name': 'case',
                'verbose_name_plural': 'cases',
                'permissions': [('moderate', 'Can decide cases'), ('lead_moderation', 'Can lead moderation')],
            },
        ),
        migrations.CreateModel(
            name='ModerationAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('deed', models.CharField(choices=[('claim', 'take it'), ('dismiss', 'dismiss'), ('hide', 'hide the message'), ('restore', 'restore the message'), ('delete', 'delete the message'), ('warn', 'warn the author'), ('mute_1h', 'mute for 1 hour'), ('mute_24h', 'mute for 24 hours'), ('mute_7d', 'mute for 7 days'), ('ban_room', 'ban from the room'), ('ban_site', 'ban from the site'), ('view', 'looked at private content'), ('delete_all', 'delete all messages of a person'), ('purge', 'purge by retention'), ('sanction', 'impose a sanction'), ('lift', 'lift a sanction'), ('release', 'let a held message pass'), ('discard', 'discard a held message')], max_length=10, verbose_name='action')),
                ('seq', models.BigIntegerField(null=True)),
                ('reason', models.CharField(blank=True, max_length=250, verbose_name='reason')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='at')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('room', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='messaging.room', verbose_name='room')),
                ('sanction', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='messaging.sanction', verbose_name='sanction')),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='messaging.moderationcase', verbose_name='case')),
            ],
            options={
                'verbose_name': 'moderation action',
                'verbose_name_plural': 'log of moderation',
            },
        ),
        migrations.CreateModel(
            name='ModerationNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField(null=True)),
                ('action', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='messaging.moderationaction')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moderation_notices', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='RetentionRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('days', models.PositiveIntegerField(blank=True, help_text='Empty: for ever.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='days')),
                ('legal_hold', models.BooleanField(default=False, help_text='Nothing is purged here, whatever the days say.', verbose_name='legal hold')),
                ('note', models.CharField(blank=True, max_length=250, verbose_name='note')),
                ('room', models.OneToOneField(blank=True, help_text='Empty: the whole site.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='retention', to='messaging.room', verbose_name='room')),
            ],
            options={
                'verbose_name': 'retention rule',
                'verbose_name_plural': 'retention rules',
            },
        ),
        migrations.CreateModel(
            name='WordFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('kind', models.CharField(choices=[('words', 'words, one a line'), ('regex', 'regular expression')], default='words', max_length=5, verbose_name='kind')),
                ('pattern', models.TextField(max_length=2000, verbose_name='pattern')),
                ('action', models.CharField(choices=[('reject', 'reject: it is not sent'), ('hold', 'hold: nobody else sees it until a moderator lets it pass'), ('hide', 'hide: it is sent hidden, and a case is opened'), ('flag', 'flag: it is sent, and a case is opened')], default='flag', max_length=6, verbose_name='action')),
                ('is_active', models.BooleanField(default=False, help_text='Try it over the last 30 days first: the list has an action for that.', verbose_name='active')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='made')),
                ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('room', models.ForeignKey(blank=True, help_text='Empty: the whole site.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='messaging.room', verbose_name='room')),
            ],
            options={
                'verbose_name': 'word filter',
                'verbose_name_plural': 'word filters',
            },
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('spam', 'Spam or advertising'), ('harassment', 'Harassment or insults'), ('hate', 'Hate'), ('violence', 'Violence or threats'), ('illegal', 'Illegal or stolen content'), ('other', 'Something else'), ('filter', 'A word filter')], max_length=10, verbose_name='reason')),
                ('comment', models.CharField(blank=True, max_length=500, verbose_name='comment')),
                ('body', models.TextField(max_length=4000, verbose_name='text')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='reported')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='messaging.moderationcase')),
                ('reporter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to=settings.AUTH_USER_MODEL, verbose_name='reporter')),
                ('filter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='messaging.wordfilter', verbose_name='filter')),
            ],
            options={
                'verbose_name': 'report',
                'verbose_name_plural': 'reports',
            },
        ),
        migrations.CreateModel(
            name='HeldMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_id', messaging.models.fields.BinaryUUIDField()),
                ('body', models.TextField(max_length=4000, verbose_name='text')),
                ('html', models.TextField(editable=False)),
                ('reply_to', models.BigIntegerField(editable=False, null=True)),
                ('held_at', models.DateTimeField(auto_now_add=True, verbose_name='held')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('released', 'let pass'), ('discarded', 'discarded')], default='waiting', max_length=9, verbose_name='state')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='messaging.room', verbose_name='room')),
                ('sender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='held_messages', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('filter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='held', to='messaging.wordfilter', verbose_name='filter')),
            ],
            options={
                'verbose_name': 'held message',
                'verbose_name_plural': 'held messages',
            },
        ),
        migrations.AddIndex(
            model_name='moderationcase',
            index=models.Index(fields=['-state', '-score', 'id'], name='cases_queue'),
        ),
        migrations.AddIndex(
            model_name='moderationcase',
            index=models.Index(fields=['author', 'outcome'], name='cases_strikes'),
        ),
        migrations.AddConstraint(
            model_name='moderationcase',
            constraint=models.UniqueConstraint(fields=('room', 'seq'), name='one_case_a_message'),
        ),
        migrations.AddIndex(
            model_name='moderationaction',
            index=models.Index(fields=['deed', 'id'], name='moderation_by_deed'),
        ),
        migrations.AddIndex(
            model_name='moderationnotice',
            index=models.Index(fields=['user', 'seen_at'], name='notices_unseen'),
        ),
        migrations.AddConstraint(
            model_name='moderationnotice',
            constraint=models.UniqueConstraint(fields=('user', 'action'), name='one_notice_a_person'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(fields=['reporter', 'created_at'], name='reports_of_a_person'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(fields=('case', 'reporter'), name='one_report_a_person'),
        ),
        migrations.AddIndex(
            model_name='heldmessage',
            index=models.Index(fields=['state', 'id'], name='held_by_state'),
        ),
    ]
