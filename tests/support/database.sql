-- Everything that a dump can contain: each kind of table, and what is not in tables.
CREATE TABLE wines (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40), label BLOB);
CREATE TABLE bottles (id INT PRIMARY KEY, wine INT, CONSTRAINT of_wine FOREIGN KEY (wine) REFERENCES wines (id));
CREATE TABLE log (line TEXT);
CREATE SEQUENCE numbers;
CREATE TABLE orders (id INT DEFAULT NEXTVAL(numbers), count INT) WITH SYSTEM VERSIONING;
CREATE TABLE old_engine (a INT) ENGINE = MyISAM;
CREATE TABLE parts (a INT) PARTITION BY HASH (a) PARTITIONS 3;
CREATE TABLE numbered_parts (id INT PRIMARY KEY AUTO_INCREMENT, `twi``ce` INT AS (id * 2) VIRTUAL) PARTITION BY RANGE (id) (
  PARTITION low VALUES LESS THAN (10), PARTITION high VALUES LESS THAN MAXVALUE);
CREATE TABLE empty_table (a INT);
CREATE TABLE `we ird``n.ame` (a INT);
INSERT INTO wines (name, label) VALUES ('Riesling 🍷', X'00FF27'), ('it''s a\\b', NULL);
INSERT INTO bottles VALUES (1, 1), (2, 2);
INSERT INTO orders (count) VALUES (5);
INSERT INTO old_engine VALUES (1);
INSERT INTO parts VALUES (1), (2);
INSERT INTO numbered_parts () VALUES (), (), ();
UPDATE numbered_parts SET id = 20 WHERE id = 3;
DELETE FROM numbered_parts WHERE id = 20;
INSERT INTO `we ird``n.ame` VALUES (3);
CREATE VIEW `the wines` AS SELECT name FROM wines;
-- Sorted before the view that it reads.
CREATE VIEW a_view AS SELECT * FROM `the wines`;
CREATE VIEW constant AS SELECT 1 AS one;
CREATE FUNCTION three() RETURNS INT RETURN 3;
CREATE VIEW b_view AS SELECT three() AS three;
CREATE PROCEDURE all_wines() SELECT * FROM wines;
CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DO DELETE FROM log;
CREATE TRIGGER part_logged BEFORE INSERT ON parts FOR EACH ROW INSERT INTO log VALUES ('a part');
DELIMITER ;;
CREATE TRIGGER logged AFTER INSERT ON wines FOR EACH ROW BEGIN
  INSERT INTO log VALUES (NEW.name);
END;;
DELIMITER ;
