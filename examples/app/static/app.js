// What an order looks like: fetch("/api/orders", {method: "POST", body: JSON.stringify({item: "tea", quantity: 2})})
document.title += ` on ${location.host}`;
