<?php
declare(strict_types=1);

/** Escapes a text for HTML. Everything that is not literally in this file passes through it. */
function e(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

/**
 * @param list<array{id: int, wine: string, cheese: string}> $pairings
 * @param int $edited The pairing whose form is open; 0 for none.
 * @param array{string, string}|null $typed Wine and cheese that were not saved; the form contains them.
 */
function list_page(array $pairings, int $edited, ?string $message, ?array $typed = null): void
{
    $edited = in_array($edited, array_column($pairings, 'id'), true) ? $edited : 0;
    [$new_wine, $new_cheese] = $edited === 0 && $typed !== null ? $typed : ['', ''];
    page_begins(); ?>
<?php if ($message !== null): ?>
<p class="message" role="status"><?= e($message) ?></p>
<?php endif; ?>
<section class="card">
<h2>Add a pairing</h2>
<?php pairing_form(0, $new_wine, $new_cheese, 'Add') ?>
</section>
<section>
<h2><?= e(count($pairings) === 1 ? '1 pairing' : count($pairings) . ' pairings') ?></h2>
<ul class="pairings">
<?php foreach ($pairings as ['id' => $id, 'wine' => $wine, 'cheese' => $cheese]): ?>
<?php if ($id === $edited): ?>
<li class="card"><?php pairing_form($id, $typed[0] ?? $wine, $typed[1] ?? $cheese, 'Save') ?></li>
<?php else: ?>
<li class="card row">
<div class="words"><span class="wine"><?= e($wine) ?></span> <span class="cheese"><?= e($cheese) ?></span></div>
<a class="button quiet" href="/?edit=<?= e((string) $id) ?>" aria-label="<?= e("Edit $wine with $cheese") ?>">Edit</a>
<form method="post" action="/">
<input type="hidden" name="token" value="<?= e(token()) ?>">
<input type="hidden" name="id" value="<?= e((string) $id) ?>">
<button class="quiet" name="action" value="remove" aria-label="<?= e("Remove $wine with $cheese") ?>">Remove</button>
</form>
</li>
<?php endif; ?>
<?php endforeach; ?>
</ul>
<?php if ($pairings === []): ?>
<p class="nothing">None yet. Add the first one above.</p>
<?php endif; ?>
</section>
<?php page_ends();
}

function pairing_form(int $id, string $wine, string $cheese, string $action): void
{ ?>
<form class="pairing" method="post" action="/">
<input type="hidden" name="token" value="<?= e(token()) ?>">
<?php if ($id !== 0): ?>
<input type="hidden" name="id" value="<?= e((string) $id) ?>">
<?php endif; ?>
<label>Wine <input name="wine" value="<?= e($wine) ?>" maxlength="100" required autocomplete="off"></label>
<label>Cheese <input name="cheese" value="<?= e($cheese) ?>" maxlength="100" required autocomplete="off"></label>
<div class="actions"><button name="action" value="save"><?= e($action) ?></button>
<?php if ($id !== 0): ?>
<a class="button quiet" href="/">Cancel</a>
<?php endif; ?>
</div>
</form>
<?php }

/** The database may be starting or down. The page says so and shows no data. */
function database_page(): void
{
    http_response_code(503);
    header('Retry-After: 5');
    header('Refresh: 5');
    page_begins(); ?>
<section class="card">
<h2>The database does not answer</h2>
<p>It may be starting. Nothing was changed. This page reloads by itself.</p>
</section>
<?php page_ends();
}

function page_begins(): void
{
    header('Content-Type: text/html; charset=utf-8'); ?>
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Wine and cheese</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<h1>Wine and cheese</h1>
<?php if (person() !== ''): ?>
<p class="person">Signed in as <?= e(person()) ?></p>
<?php endif; ?>
</header>
<main>
<?php }

function page_ends(): void
{ ?>
</main>
</body>
</html>
<?php }
