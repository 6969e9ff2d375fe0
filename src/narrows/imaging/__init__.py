"""What is known of pictures: how they are resized, and how colours are measured."""
