from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0008_room_management'),
    ]

    operations = [
        migrations.AddField(
            model_name='room',
            name='partition',
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
    ]
