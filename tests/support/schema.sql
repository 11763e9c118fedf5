-- What an app's database begins with, in tests.
CREATE TABLE pairings (
  id INT AUTO_INCREMENT PRIMARY KEY,
  wine VARCHAR(100) NOT NULL,
  cheese VARCHAR(100) NOT NULL,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO pairings (wine, cheese) VALUES ('Port', 'Stilton'), ('Sauternes', 'Roquefort');
