-- The table of pairings, with two examples. Run once, when the app's database is created.
CREATE TABLE pairings (
    id INT AUTO_INCREMENT PRIMARY KEY,
    wine VARCHAR(100) NOT NULL,
    cheese VARCHAR(100) NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

INSERT INTO pairings (wine, cheese) VALUES
    ('Sauvignon Blanc', 'Goat cheese'),
    ('Port', 'Stilton');
