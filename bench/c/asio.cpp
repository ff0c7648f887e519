// The echo server on Asio: one io_context, run by as many threads as loops were
// asked for.
#define ASIO_STANDALONE
#include <asio.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "echo.h"

using asio::ip::tcp;

class connection : public std::enable_shared_from_this<connection> {
public:
	connection(tcp::socket s, size_t buffer) : socket(std::move(s)), data(buffer) {}

	void receive()
	{
		auto self = shared_from_this();
		socket.async_read_some(asio::buffer(data), [self](asio::error_code failed, size_t n) {
			if (!failed)
				self->send(n);
		});
	}

private:
	void send(size_t n)
	{
		auto self = shared_from_this();
		asio::async_write(socket, asio::buffer(data, n), [self](asio::error_code failed, size_t) {
			if (!failed)
				self->receive();
		});
	}

	tcp::socket socket;
	std::vector<char> data;
};

static void accept(tcp::acceptor &listener, size_t buffer)
{
	listener.async_accept([&listener, buffer](asio::error_code failed, tcp::socket s) {
		if (!failed) {
			s.set_option(tcp::no_delay(true), failed);
			std::make_shared<connection>(std::move(s), buffer)->receive();
		}
		accept(listener, buffer);
	});
}

int main(int argc, char **argv)
{
	options o = parse_options(argc, argv);
	asio::io_context context(o.loops);

	begin_process();
	tcp::acceptor listener(context, tcp::v4(), listen_at(&o, 0));
	announce(listener.native_handle());
	accept(listener, o.buffer);
	std::vector<std::thread> others;
	for (int i = 1; i < o.loops; i++)
		others.emplace_back([&] { context.run(); });
	context.run();
}
