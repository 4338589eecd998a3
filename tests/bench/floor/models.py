from django.db import models


class Item(models.Model):
    """A row with the kinds of columns that a defect has."""

    name = models.CharField(max_length=200)
    state = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    place = models.CharField(max_length=80)
    amount = models.IntegerField()
    found_at = models.DateTimeField(db_index=True)
    fixed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
