<?php
declare(strict_types=1);

/** The table of pairings. Values go to the database as parameters, never inside a statement. */
final class Pairings
{
    private function __construct(private readonly PDO $database)
    {
    }

    /**
     * @throws PDOException when the database does not answer.
     */
    public static function connect(): self
    {
        $source = sprintf('mysql:host=%s;dbname=%s;charset=utf8mb4', getenv('DB_HOST'), getenv('DB_NAME'));
        return new self(new PDO($source, (string) getenv('DB_USER'), (string) getenv('DB_PASSWORD'), [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_EMULATE_PREPARES => false,
            PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
            PDO::ATTR_TIMEOUT => 3,
            // Saving an existing pairing again is not an error.
            PDO::MYSQL_ATTR_FOUND_ROWS => true,
        ]));
    }

    /** @return list<array{id: int, wine: string, cheese: string}> by wine, then cheese. */
    public function all(): array
    {
        return $this->database->query('SELECT id, wine, cheese FROM pairings ORDER BY wine, cheese, id')->fetchAll();
    }

    public function add(string $wine, string $cheese): void
    {
        $this->run('INSERT INTO pairings (wine, cheese) VALUES (?, ?)', [$wine, $cheese]);
    }

    /** Whether it existed. */
    public function change(int $id, string $wine, string $cheese): bool
    {
        return $this->run('UPDATE pairings SET wine = ?, cheese = ? WHERE id = ?', [$wine, $cheese, $id]) > 0;
    }

    /** Whether it existed. */
    public function remove(int $id): bool
    {
        return $this->run('DELETE FROM pairings WHERE id = ?', [$id]) > 0;
    }

    /** Number of rows. */
    private function run(string $statement, array $values): int
    {
        $prepared = $this->database->prepare($statement);
        $prepared->execute($values);
        return $prepared->rowCount();
    }
}
