from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_people")]

    operations = [
        migrations.AddField(
            "user",
            "shares_reading",
            models.BooleanField(default=True, db_default=True, verbose_name="show what I have read"),
        ),
    ]
