<?php
// Wine and cheese: a list of pairings that users can add, change and delete.
declare(strict_types=1);

require __DIR__ . '/../src/Pairings.php';
require __DIR__ . '/../src/session.php';
require __DIR__ . '/../src/page.php';

// PHP does not read the time zone of the container, which the dates in its log should have.
date_default_timezone_set(getenv('TZ') ?: 'UTC');
header("Content-Security-Policy: default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
header('Cache-Control: no-store');

start_session();
try {
    $pairings = Pairings::connect();
    if ($_SERVER['REQUEST_METHOD'] === 'POST') {
        change($pairings, $_POST);
    } else {
        list_page($pairings->all(), whole_number($_GET['edit'] ?? null), take_message());
    }
} catch (PDOException $exception) {
    error_log('wine and cheese: ' . $exception->getMessage());
    database_page();
}

/** Executes a form and redirects to the list, so that a reload does not repeat it. */
function change(Pairings $pairings, array $form): void
{
    $id = whole_number($form['id'] ?? null);
    if (!is_our_form($form['token'] ?? null)) {
        // Maybe the form is of an earlier session. What was typed comes back, and the person decides whether to send it.
        http_response_code(403);
        $typed = ($form['action'] ?? null) === 'save' ? [typed_text($form['wine'] ?? null), typed_text($form['cheese'] ?? null)] : null;
        list_page($pairings->all(), $typed ? $id : 0, 'Nothing was changed: this form was open for too long, or it did not come from this site. Check what is in it, and send it again.', $typed);
        return;
    }
    if (($form['action'] ?? null) === 'remove') {
        set_message($pairings->remove($id) ? 'The pairing is removed.' : 'That pairing was gone already.');
    } else {
        $wine = short_text($form['wine'] ?? null);
        $cheese = short_text($form['cheese'] ?? null);
        if ($wine === null || $cheese === null) {
            set_message('Nothing was saved: wine and cheese each need 1 to 100 characters.');
        } elseif ($id === 0) {
            $pairings->add($wine, $cheese);
            set_message('The pairing is added.');
        } else {
            set_message($pairings->change($id, $wine, $cheese) ? 'The pairing is saved.' : 'That pairing is gone; nothing was saved.');
        }
    }
    header('Location: /', true, 303);
}

/** A text of a form as it was typed; empty if it is none. */
function typed_text(mixed $value): string
{
    return is_string($value) ? mb_substr($value, 0, 100) : '';
}

/** 0 if there is none. */
function whole_number(mixed $value): int
{
    return is_string($value) && preg_match('/^[1-9][0-9]{0,9}$/D', $value) ? (int) $value : 0;
}

/** A text that the table accepts; null if it is not acceptable. */
function short_text(mixed $value): ?string
{
    $text = is_string($value) ? trim($value) : '';
    return preg_match('/^\P{C}{1,100}$/Du', $text) ? $text : null;
}
