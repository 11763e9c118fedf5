<?php
declare(strict_types=1);

/** The signed-in user, from nginx, and this browser's message, from this app's cookie. */

function start_session(): void
{
    session_name('__Host-pairings');
    session_start([
        'cookie_secure' => true,
        'cookie_httponly' => true,
        'cookie_samesite' => 'Strict',
        'cookie_path' => '/',
        'use_strict_mode' => true,
    ]);
    $_SESSION['token'] ??= bin2hex(random_bytes(16));
}

/** Contained in each of our forms. Another site can send a form but does not know this value. */
function token(): string
{
    return $_SESSION['token'];
}

function is_our_form(mixed $token): bool
{
    return is_string($token) && hash_equals(token(), $token);
}

function set_message(string $message): void
{
    $_SESSION['message'] = $message;
}

/** The result of the last form, shown once. */
function take_message(): ?string
{
    $message = $_SESSION['message'] ?? null;
    unset($_SESSION['message']);
    return $message;
}

/** The user's name and address, as nginx sends them. */
function person(): string
{
    $address = $_SERVER['HTTP_X_AUTH_USER'] ?? '';
    $name = $_SERVER['HTTP_X_AUTH_NAME'] ?? '';
    return $name === '' || $name === $address ? $address : "$name ($address)";
}
