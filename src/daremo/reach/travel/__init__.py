"""How far it is: sparse tables of who can go where, from coordinates, streets and timetables."""
