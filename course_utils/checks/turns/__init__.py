"""What is the student's to write inside the lessons: `lesson_02.TURNS`, exercises with the numbers "02.1", "02.2", …"""
