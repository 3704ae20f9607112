from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_shares_reading")]

    operations = [
        migrations.AddField(
            "user",
            "avatar",
            models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=60, verbose_name="picture"
            ),
        ),
    ]
