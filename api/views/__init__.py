"""The operations, one file for each word of the business."""
